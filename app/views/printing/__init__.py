"""What an organiser prints for a scene (印刷品): an A4 poster, a table tent, a sheet of stickers; as PDF, in both languages.

No certificate: nothing is frozen, numbered or kept; it is drawn when somebody asks. `contents` asks what the scene
offers now, `rendering` is pure.
"""
