"""A simulated display that keeps the whole picture, and counts what it was sent."""


class Display:
    """The display contract of `firmware/ui`: width, height, round, blit(x, y, w, h, buffer)."""

    def __init__(self, width, height, is_round):
        self.width, self.height, self.round = width, height, bool(is_round)
        self.frame = bytearray(width * height * 2)

    def blit(self, x, y, w, h, buffer):
        """Rows of RGB565, high byte first, from the left to the right and from the top down."""
        if x < 0 or y < 0 or x + w > self.width or y + h > self.height or len(buffer) != 2 * w * h:
            raise ValueError("outside of the display")
        at, end, width, frame = 2 * (y * self.width + x), 0, 2 * w, self.frame
        for _ in range(h):
            frame[at : at + width] = buffer[end : end + width]
            at += 2 * self.width
            end += width
