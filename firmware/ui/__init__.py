"""What the child sees and touches: canvas, font, widgets, the shell, and one file a screen."""
