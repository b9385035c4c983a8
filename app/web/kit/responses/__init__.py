"""What goes back: pages, problem documents, lists in pieces, packed bodies and the API's description."""
