"""The verbs of whoever runs the platform: migrating, serving, the doctor, proving, replaying."""
