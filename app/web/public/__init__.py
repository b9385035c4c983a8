"""The door of anybody: home, verification, the closed cases. No session is asked for, none is made."""
