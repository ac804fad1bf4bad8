"""Floating point and lists: the motion of five bodies."""
BODIES = [
    ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 39.47841760435743),
    ([4.841431442, -1.160320044, -0.103622044], [0.606326392, 2.81198684, -0.02521836], 0.037693674),
    ([8.343366718, 4.124798564, -0.403523417], [-1.01077434, 1.82566237, 0.00841576], 0.011286326),
    ([12.89436956, -15.11115140, -0.22330758], [1.08279100, 0.86871301, -0.01083263], 0.001723724),
    ([15.37969711, -25.91931460, 0.179258773], [0.97909073, 0.59469899, -0.03475595], 0.002033686),
]


def run(steps=12_000, dt=0.01):
    bodies = [(list(place), list(speed), mass) for place, speed, mass in BODIES]
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1:]]
    for _ in range(steps):
        for (p, v, m), (q, w, n) in pairs:
            dx, dy, dz = p[0] - q[0], p[1] - q[1], p[2] - q[2]
            force = dt * (dx * dx + dy * dy + dz * dz) ** -1.5
            pull, push = n * force, m * force
            v[0] -= dx * pull
            v[1] -= dy * pull
            v[2] -= dz * pull
            w[0] += dx * push
            w[1] += dy * push
            w[2] += dz * push
        for p, v, _ in bodies:
            p[0] += dt * v[0]
            p[1] += dt * v[1]
            p[2] += dt * v[2]
    return round(bodies[0][0][0], 9)
