"""The ways to be paid: `base` has their shared words, each channel a folder of its own. Import the module you need."""
