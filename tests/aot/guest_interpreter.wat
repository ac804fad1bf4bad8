;; An interpreter of bytes: its loop goes to guest_loop.c and has a jump for each instruction there;
;; guest_interpreter.branches names what is hot. Operations: 0 add 1, 1 double, 2 to the start while there are rounds,
;; 3 the next but one, 4 end, 5 call through the table, 6 another function, 7 trap; up to 71 some of them again; what is
;; above ends.
(module
  (memory (export "memory") 1)
  (type $unary (func (param i32) (result i32)))
  (table funcref (elem $increment $halve))
  (data (i32.const 0) "\00\01\05\06\02\04")
  (data (i32.const 16) "\03\07\0a\0b\46\47\ff")
  (data (i32.const 32) "\00\07")
  (func $increment (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $halve (type $unary) (i32.shr_u (local.get 0) (i32.const 1)))
  (func $seldom (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (i32.const 0))))
  (func $run (export "run") (param $at i32) (param $rounds i32) (result i32) (local $start i32) (local $sum i32)
    (local.set $start (local.get $at))
    (loop $next
      (block $end (block $trap (block $other (block $call (block $again (block $jump (block $double (block $add
        (br_table
          $add $double $jump $again $end $call $other $trap $jump $call $other $again
          $add $double $jump $call $other $again $add $double $jump $call $other $again
          $add $double $jump $call $other $again $add $double $jump $call $other $again
          $add $double $jump $call $other $again $add $double $jump $call $other $again
          $add $double $jump $call $other $again $add $double $jump $call $other $again
          $add $double $jump $call $other $again $add $double $jump $call $other $again
          $end (i32.load8_u (local.get $at))))
        ;; add
        (local.set $sum (i32.add (local.get $sum) (i32.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))
      ;; double
      (local.set $sum (i32.mul (local.get $sum) (i32.const 2)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))
      ;; jump
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $next (i32.le_s (local.get $rounds) (i32.const 0)))
      (local.set $at (local.get $start))
      (br $next))
      ;; again
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (br $next))
      ;; call
      (local.set $sum (call_indirect (type $unary) (local.get $sum) (i32.and (local.get $rounds) (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))
      ;; other
      (local.set $sum (i32.add (local.get $sum) (call $seldom (local.get $sum))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next))
      (unreachable)))
    (local.get $sum)))
