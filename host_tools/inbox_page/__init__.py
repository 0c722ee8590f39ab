"""`ward inbox --web`: what `ward inbox` shows, as a page for a phone's browser."""
