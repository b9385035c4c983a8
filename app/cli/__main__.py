"""`python -m app.cli`, the same as `diandian`."""

from app.cli import main

main(prog_name="diandian")
