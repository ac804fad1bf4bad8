"""Object lifetimes: weak references, finalizers, cycles, caches that forget."""
import gc
import sys
import weakref


class Node:
    alive = 0

    def __init__(self, name, parent=None):
        Node.alive += 1
        self.name = name
        self.children = []
        self._parent = weakref.ref(parent) if parent else None
        if parent:
            parent.children.append(self)

    @property
    def parent(self):
        return self._parent() if self._parent else None

    def __del__(self):
        Node.alive -= 1


root = Node("root")
leaf = Node("leaf", Node("middle", root))
print(leaf.parent.parent.name, Node.alive)
del root
print(leaf.parent, Node.alive)

gc.collect()
a, b = Node("a"), Node("b")
a.other, b.other = b, a
watch = weakref.ref(a, lambda ref: print("a is gone", ref() is None))
del a, b
print("cycle still there:", watch() is not None)
print("collected at least two:", gc.collect() >= 2, Node.alive)

cache = weakref.WeakValueDictionary()
keep = Node("kept")
cache["kept"], cache["lost"] = keep, Node("lost")
print(sorted(cache), cache.get("lost"))
notes = weakref.WeakKeyDictionary({keep: "a note"})
group = weakref.WeakSet([keep, leaf])
print(len(notes), len(group), notes[keep])
del leaf
print(len(group))
method = weakref.WeakMethod(keep.__init__)
print(method() is not None, weakref.ref(keep.__init__)() is None)
proxy = weakref.proxy(keep)
print(proxy.name, type(proxy).__name__, weakref.getweakrefcount(keep) >= 3)
finalizer = weakref.finalize(keep, print, "finalizer of", keep.name)
del keep
print(len(notes), method(), finalizer.alive, Node.alive)
try:
    proxy.name
except ReferenceError as error:
    print("ReferenceError:", error)
for value in (1, "text", (), [], None):
    try:
        weakref.ref(value)
    except TypeError as error:
        print(error)


class Slotted:
    __slots__ = ("x", "__weakref__")


print(weakref.ref(Slotted())() is None, gc.isenabled(), gc.get_threshold()[0] > 0)
gc.disable()
before = gc.get_count()[0]
junk = [[] for _ in range(1000)]
print(gc.get_count()[0] - before > 500, gc.is_tracked({}), gc.is_tracked(1), gc.is_tracked([1]))
gc.enable()


class Phoenix:
    risen = []

    def __del__(self):
        Phoenix.risen.append(self)


Phoenix()
print(len(Phoenix.risen), sys.getrefcount(Phoenix.risen[0]) >= 2, gc.get_referrers(Phoenix.risen[0])[0] is Phoenix.risen)
