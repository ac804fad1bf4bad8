"""Caches written by hand: least recently used, least frequently used, with expiry; a Bloom filter; a trie."""
import hashlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import MutableMapping


class LRU(MutableMapping):
    def __init__(self, size, on_drop=lambda key, value: None):
        self.size, self.on_drop, self._data = size, on_drop, OrderedDict()
        self.hits = self.misses = 0

    def __getitem__(self, key):
        try:
            self._data.move_to_end(key)
        except KeyError:
            self.misses += 1
            raise
        self.hits += 1
        return self._data[key]

    def __setitem__(self, key, value):
        self._data[key] = value
        self._data.move_to_end(key)
        if len(self._data) > self.size:
            self.on_drop(*self._data.popitem(last=False))

    def __delitem__(self, key):
        del self._data[key]

    def __iter__(self):
        return iter(self._data)

    def __len__(self):
        return len(self._data)


class LFU:
    def __init__(self, size):
        self.size, self.values, self.uses, self.buckets = size, {}, Counter(), defaultdict(OrderedDict)

    def get(self, key, default=None):
        if key not in self.values:
            return default
        self._touch(key)
        return self.values[key]

    def put(self, key, value):
        if key not in self.values and len(self.values) >= self.size:
            least = min(use for use, bucket in self.buckets.items() if bucket)
            victim, _ = self.buckets[least].popitem(last=False)
            del self.values[victim], self.uses[victim]
        self.values[key] = value
        self._touch(key)

    def _touch(self, key):
        self.buckets[self.uses[key]].pop(key, None)
        self.uses[key] += 1
        self.buckets[self.uses[key]][key] = None


class Bloom:
    def __init__(self, bits=4096, hashes=4):
        self.bits, self.hashes, self.field = bits, hashes, 0

    def _places(self, item):
        digest = hashlib.sha256(item.encode()).digest()
        return [int.from_bytes(digest[i * 4:i * 4 + 4], "big") % self.bits for i in range(self.hashes)]

    def add(self, item):
        for place in self._places(item):
            self.field |= 1 << place

    def __contains__(self, item):
        return all(self.field >> place & 1 for place in self._places(item))


class Trie:
    def __init__(self, words=()):
        self.root = {}
        for word in words:
            node = self.root
            for letter in word:
                node = node.setdefault(letter, {})
            node["."] = word

    def complete(self, prefix):
        node = self.root
        for letter in prefix:
            if letter not in node:
                return
            node = node[letter]
        stack = [node]
        while stack:
            node = stack.pop()
            for letter in sorted(node, reverse=True):
                if letter == ".":
                    yield node["."]
                else:
                    stack.append(node[letter])


dropped = []
cache = LRU(3, lambda key, value: dropped.append(key))
for key in "abcabdaeaf":
    if key not in cache:
        cache[key] = key.upper()
print(dict(cache), dropped, cache.hits, cache.misses, cache.get("zz"), cache.pop("f"), len(cache), cache.setdefault("q", 1))
cache.update(x=1, y=2)
print(list(cache), "x" in cache, cache._data == {"x": 1, "y": 2, "q": 1})
lfu = LFU(2)
lfu.put(1, "one")
lfu.put(2, "two")
print(lfu.get(1), lfu.get(1))
lfu.put(3, "three")
print(lfu.get(2, "gone"), lfu.get(3), lfu.values)
bloom = Bloom()
for n in range(200):
    bloom.add(f"item {n}")
print(all(f"item {n}" in bloom for n in range(200)), sum(f"other {n}" in bloom for n in range(1000)), bloom.field.bit_count())
trie = Trie("car card care cat dog do done".split())
print(list(trie.complete("ca")), list(trie.complete("do")), list(trie.complete("x")))
