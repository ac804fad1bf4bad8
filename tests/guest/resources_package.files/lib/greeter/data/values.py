WORDS = ("a", "b")
