# Subclasses of all that values are made of, whose methods never end: none of them is called for the value, but one is for its repr().
# options: --fuel 100M
# mode: eval
# expect: out_of_fuel fuel 121
def spin(*args, **options):
    while True:
        pass

names = ["__iter__", "__len__", "__getitem__", "__int__", "__index__", "__float__", "__str__", "__eq__", "__hash__", "keys", "items"]
classes = [type(kind.__name__, (kind,), dict.fromkeys(names, spin)) for kind in (int, float, str, list, tuple)]
value = [kind() for kind in classes]
classes[3].__repr__ = spin
value
