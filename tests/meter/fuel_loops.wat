;; Loops: at the top and at the bottom tested, nested, with values in and out, left from the middle.
(module
  (func (export "sum") (param $n i32) (result i32) (local $s i32)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $n)))
        (local.set $s (i32.add (local.get $s) (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $s))
  (func (export "bottom") (param $n i32) (result i32) (local $s i32)
    (loop $again
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "nested") (param $n i32) (param $m i32) (result i32) (local $i i32) (local $s i32)
    (loop $outer
      (local.set $i (local.get $m))
      (loop $inner
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "outwards") (param $n i32) (result i32) (local $s i32)
    (loop $outer
      (loop $inner
        (local.set $s (i32.add (local.get $s) (i32.const 3)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $inner (i32.and (local.get $n) (i32.const 1)))
        (br_if $outer (local.get $n))))
    (local.get $s))
  (func (export "carried") (param $n i32) (result i64)
    (i64.const 1)
    (loop $again (param i64) (result i64)
      (i64.mul (i64.const 2))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "found") (param $n i32) (result i32) (local $i i32)
    (block $found (result i32)
      (loop $again
        (drop (br_if $found (local.get $i) (i32.ge_u (i32.mul (local.get $i) (local.get $i)) (local.get $n))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again))
      (unreachable)))
  (func (export "twice") (param $n i32) (param $m i32) (result i32) (local $s i32)
    (loop $a
      (local.set $s (i32.add (local.get $s) (i32.const 1)))
      (br_if $a (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (loop $b
      (local.set $s (i32.add (local.get $s) (i32.const 2)))
      (br_if $b (local.tee $m (i32.sub (local.get $m) (i32.const 1)))))
    (local.get $s))
  (func (export "once") (param i32) (result i32)
    (loop (result i32) (i32.add (local.get 0) (i32.const 1))))
  (func (export "forever") (loop $again (br $again)))
  (func (export "paid") (local i32)
    (loop $again (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br $again)))
  (func (export "dear") (param f64) (loop $again (local.set 0 (f64.sqrt (local.get 0))) (br $again))))
