;; An interpreter's loop: a switch over bytes, with branches back and out of it, and a part that is cold.
(module
  (memory 1)
  (data (i32.const 0) "\01\01\02\03\01\04\01\02\00")
  (data (i32.const 100) "\01\01\02\05")
  (func (export "run") (param $pc i32) (result i32) (local $a i32) (local $op i32) (local $n i32)
    (block $halt
      (loop $next
        (local.set $op (i32.load8_u (local.get $pc)))
        (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
        (block $bad
          (block $double
            (block $skip
              (block $again
                (block $increment
                  (br_table $halt $increment $double $skip $again $bad (local.get $op)))
                (local.set $a (i32.add (local.get $a) (i32.const 1)))
                (br $next))
              ;; from the beginning, once
              (br_if $next (local.get $n))
              (local.set $n (i32.const 1))
              (local.set $pc (i32.const 0))
              (br $next))
            (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
            (br $next))
          (local.set $a (i32.mul (local.get $a) (i32.const 2)))
          (br $next))
        (unreachable)))
    (local.get $a)))
