;; Addresses less a constant, and pointers that live from block to block, in loops and behind branches: what aot/address
;; changes.
(module
  (memory (export "memory") 2)
  (data (i32.const 0) "abcdefgh")
  (func (export "before") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const -4))))
  (func (export "far") (param i32) (result i32) (i32.load8_u (i32.add (local.get 0) (i32.const -65536))))
  (func (export "farther") (param i32) (result i32) (i32.load8_u (i32.add (local.get 0) (i32.const -65537))))
  (func (export "above") (param i32) (result i32) (i32.load8_u (i32.add (local.get 0) (i32.const 4))))
  (func (export "put") (param i32 i64) (i64.store (i32.add (local.get 0) (i32.const -8)) (local.get 1)))
  ;; as a stack: a push, a pop, and what the pointer is then
  (func (export "push") (param i32 i32) (result i32)
    (local.set 0 (i32.sub (local.get 0) (i32.const 16)))
    (i32.store offset=12 (local.get 0) (local.get 1))
    (i32.add (local.get 0) (i32.load offset=12 (local.get 0))))
  ;; the bytes from $at on, of which there are $count, forwards or backwards; a step of 0 is an address that stays
  (func (export "sum") (param $at i32) (param $count i32) (param $step i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
        (if (i32.and (local.get $count) (i32.const 1))
          (then (local.set $at (i32.add (local.get $at) (local.get $step))))
          (else
            (if (i32.eqz (local.get $step)) (then (br $done)))
            (local.set $at (i32.add (local.get $at) (local.get $step)))))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $again)))
    (i32.add (local.get $sum) (local.get $at)))
  ;; follows addresses that memory holds until one is 0; how many
  (func $next (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "chain") (param $at i32) (result i32)
    (local $count i32)
    (loop $again
      (local.set $at (call $next (local.get $at)))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (i32.sub (local.get $at) (i32.const 1)) (i32.const -2))))
    (local.get $count)))
