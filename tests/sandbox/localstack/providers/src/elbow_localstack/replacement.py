"""How corrections take the place of moto's methods."""


def replaces(owner, name=None):
    """Puts the decorated function in the place of a method: of its own name, unless another is given.

    `replaced` of the function is the method that was there.
    """

    def put(function):
        method = name or function.__name__
        function.replaced = getattr(owner, method, None)
        setattr(owner, method, function)
        return function

    return put
