from circular_a import value
