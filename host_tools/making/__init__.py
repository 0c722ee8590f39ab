"""What makes, checks, signs and writes firmware: build, image, release, font. It may import `link`."""
