"""The carrier of a watch that has none, or nowhere to connect to yet."""


class Nobody:
    """In place of a carrier where there is none: nothing comes, nothing goes, and it says so."""

    name = "none"
    state = "off"
    changes = 0

    def step(self, now):
        return None

    def poll(self):
        return None

    def done(self):
        pass

    close = done

    def send(self, message):
        return False

    send_alert = send_request = send_sos = send_position = send
