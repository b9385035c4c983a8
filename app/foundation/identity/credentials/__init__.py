"""What somebody proves who they are with: passwords, second factors, and tries that are counted."""
