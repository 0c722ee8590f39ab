"""One file a screen: loaded when it opens, let go when it closes."""
