"""How every service carries a Decision out."""


class UnknownObligation(Exception):
    """The service does not know an obligation of the decision: it must refuse the whole act."""


def discharge(decision, handlers):
    """Carry out an allowed decision's obligations; True if it was allowed.

    handlers: obligation name -> function without arguments. All names are checked before the first one acts."""
    if not decision.allowed:
        return False
    for name in decision.obligations:
        if name not in handlers:
            raise UnknownObligation(name)
    for name in decision.obligations:
        handlers[name]()
    return True


def nothing():
    """An obligation that only changes what is drawn beside the content."""
