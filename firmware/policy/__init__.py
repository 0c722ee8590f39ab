"""The policy decision point: pure logic that decides every request. It knows no pins, files, screens or networks."""
