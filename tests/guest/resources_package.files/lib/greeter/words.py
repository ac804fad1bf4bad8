from .data.values import WORDS
print("importing", __name__)
