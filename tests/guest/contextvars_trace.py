"""Context variables carry a request's data through callbacks and generators."""
import contextvars
import functools

user = contextvars.ContextVar("user")
depth = contextvars.ContextVar("depth", default=0)
lines = []


def say(text):
    lines.append(f"{'  ' * depth.get()}{user.get('nobody')}: {text}")


def nested(function):
    @functools.wraps(function)
    def wrapper(*args):
        token = depth.set(depth.get() + 1)
        try:
            return function(*args)
        finally:
            depth.reset(token)
    return wrapper


@nested
def walk(tree):
    for name, children in tree.items():
        say(name)
        walk(children)


def login(name, action, *args):
    user.set(name)
    return action(*args)


tree = {"root": {"etc": {}, "home": {"ann": {}, "bob": {"docs": {}}}}}
first = contextvars.copy_context()
first.run(login, "ann", walk, tree)
second = contextvars.copy_context()
second.run(login, "bob", say, "only this")
say("outside")
first.run(say, "back again")
print("\n".join(lines))
print(first[user], second[user], user in contextvars.copy_context(), depth in first, len(first))
print(sorted((var.name, value) for var, value in first.items()))
try:
    user.get()
except LookupError as error:
    print("LookupError:", error.args[0].name)
token = user.set("carol")
print(token.old_value is contextvars.Token.MISSING, token.var is user)
user.reset(token)
try:
    user.reset(token)
except RuntimeError as error:
    print(str(error).split(" has ")[1])
try:
    first.run(first.run, print)
except RuntimeError as error:
    print("RuntimeError: cannot enter context" in f"RuntimeError: {error}")
