"""The door of whoever scans a code: the H5 pages from the scene to the certificate, and what anybody may check."""
