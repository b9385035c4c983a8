"""Sharing one's account: what is told to readers (`share_json`), and to whoever shares (`own`, `own_json`, `pages`)."""
