#!/bin/sh
# One member of the ensemble: throws darts at a circle, round after round, and counts its hits. Usage: walker.sh SEED
seed=$1
darts=$(cat darts)
rounds=$((2 + seed * 7 % 5))
echo "walker $seed: $rounds rounds of $darts darts"
for round in $(seq "$rounds"); do
  awk -v seed="$((seed * 100 + round))" -v n="$darts" 'BEGIN {
    srand(seed)
    for (i = 0; i < n; i++) if (rand() ^ 2 + rand() ^ 2 < 1) hits++
    print n, hits
  }' | tee -a hits
  sleep 0.5
done
