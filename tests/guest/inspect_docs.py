"""Makes documentation for a class by looking at it."""
import inspect
import types
from typing import Any


def deprecated(reason):
    def mark(function):
        function.__deprecated__ = reason
        return function
    return mark


class Account:
    """A bank account.

    Holds money.
    """

    currency = "EUR"
    limit: int = 100

    def __init__(self, owner: str, /, balance: int = 0, *, notes: tuple[str, ...] = ()) -> None:
        self.owner, self._balance, self.notes = owner, balance, notes

    def deposit(self, amount: int, *sources: str, **details: Any) -> int:
        """Adds money."""
        self._balance += amount
        return self._balance

    @deprecated("use deposit")
    def add(self, amount): return self.deposit(amount)

    @property
    def balance(self) -> int:
        """What is there."""
        return self._balance

    @classmethod
    def empty(cls): return cls("nobody")

    @staticmethod
    def check(number="0" * 4): return len(number) == 4

    async def sync(self): ...

    def history(self):
        yield from range(self._balance)


print(inspect.getdoc(Account))
print("Account" + str(inspect.signature(Account)))
for name, member in inspect.getmembers_static(Account):
    if name.startswith("__"):
        continue
    kind = ("property" if isinstance(member, property) else "class method" if isinstance(member, classmethod)
            else "static method" if isinstance(member, staticmethod) else "coroutine" if inspect.iscoroutinefunction(member)
            else "generator" if inspect.isgeneratorfunction(member) else "method" if inspect.isfunction(member) else "value")
    value = getattr(Account, name)
    print(f"{kind:14}{name}{inspect.signature(value) if callable(value) else ''}", getattr(member, "__deprecated__", ""))

signature = inspect.signature(Account.deposit)
for parameter in signature.parameters.values():
    print(f"  {parameter.name:8} {parameter.kind.description:32} {parameter.default is inspect.Parameter.empty}")
bound = signature.bind(None, 5, "cash", why="gift")
bound.apply_defaults()
print(bound.arguments, bound.args, bound.kwargs)
for args in (((), {}), ((1, 2, 3), {"amount": 4})):
    try:
        signature.bind(*args[0], **args[1])
    except TypeError as error:
        print("TypeError:", error)
print(inspect.getsource(Account.empty).strip(), inspect.getsourcelines(Account)[1], inspect.getcomments(deprecated))


def outer():
    value = 7

    def inner():
        frame = inspect.currentframe()
        return value, frame.f_code.co_name, frame.f_back.f_code.co_name, [info.function for info in inspect.stack()[:3]]
    return inner


inner = outer()
print(inner(), inspect.getclosurevars(inner).nonlocals, inner.__code__.co_freevars)
account = Account("ann", 3)
print(inspect.ismethod(account.deposit), account.deposit.__self__ is account, inspect.getattr_static(account, "balance") is Account.balance)
history = account.history()
print(inspect.getgeneratorstate(history), next(history), inspect.getgeneratorstate(history), inspect.getgeneratorlocals(history)["self"].owner)
print(inspect.cleandoc("  first\n    second\n  third"), [cls.__name__ for cls in inspect.getmro(bool)], inspect.isbuiltin(len))
module = types.ModuleType("made", "by hand")
exec("def f(): return __name__", module.__dict__)
print(module.f(), inspect.getmodule(inspect).__name__, types.SimpleNamespace(a=1), inspect.unwrap(outer) is outer)
