from importlib import resources

__version__ = "1.2"


def hello(language="en"):
    return resources.files(__package__).joinpath("locale", language + ".txt").read_text(encoding="utf-8").strip()
