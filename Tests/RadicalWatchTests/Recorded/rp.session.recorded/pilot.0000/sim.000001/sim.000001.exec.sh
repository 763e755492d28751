#!/usr/bin/bash

# ------------------------------------------------------------------------------

export RP_TASK_ID="sim.000001"
export RP_TASK_NAME="sim 1"
export RP_PILOT_ID="pilot.0000"
export RP_SESSION_ID="rp.session.recorded"
export RP_RESOURCE="local.localhost"
export RP_RESOURCE_SANDBOX="/home/me/home/radical.pilot.sandbox"
export RP_SESSION_SANDBOX="$RP_RESOURCE_SANDBOX/$RP_SESSION_ID/"
export RP_PILOT_SANDBOX="$RP_SESSION_SANDBOX/pilot.0000/"
export RP_TASK_SANDBOX="$RP_PILOT_SANDBOX/sim.000001"
export RP_REGISTRY_ADDRESS="tcp://127.0.0.1:10089"
export RP_CONTROL_PUB_ADDRESS=tcp://127.0.0.1:10109
export RP_CONTROL_SUB_ADDRESS=tcp://127.0.0.1:10109
export RP_CORES_PER_RANK=1
export RP_GPUS_PER_RANK=0
export RP_GTOD="$RP_PILOT_SANDBOX/gtod"
export RP_PROF="$RP_PILOT_SANDBOX/prof"
export RP_PROF_TGT="$RP_PILOT_SANDBOX/sim.000001/sim.000001.prof"

rp_error() {
    echo "$1 failed" 1>&2
    exit 1
}

# ------------------------------------------------------------------------------
# rank ID
export RP_RANKS=1
export RP_RANK=0

rp_sync_ranks() {
    sig=$1
    echo $RP_RANK >> $sig.sig
    while test $(cat $sig.sig | wc -l) -lt $RP_RANKS; do
        sleep 1
    done
}

# ------------------------------------------------------------------------------
$RP_PROF exec_start ""

# ------------------------------------------------------------------------------
# pre-exec commands
$RP_PROF exec_pre ""

# ------------------------------------------------------------------------------
# output file detection (i)
ls | sort | grep -ve '^sim.000001\.' > sim.000001.files

# ------------------------------------------------------------------------------
# execute rank
$RP_PROF rank_start ""
/bin/sh "-c" "exit 3" &

RP_EXEC_PID=$$
RP_RANK_PID=$!

wait $RP_RANK_PID
RP_RET=$?
$RP_PROF rank_stop "RP_EXEC_PID=$RP_EXEC_PID:RP_RANK_PID=$RP_RANK_PID"

# ------------------------------------------------------------------------------
# output file detection (ii)
ls | sort | comm -23 - sim.000001.files | grep -ve '^sim.000001\.' > sim.000001.ofiles

# ------------------------------------------------------------------------------
# post-exec commands
$RP_PROF exec_post ""

# ------------------------------------------------------------------------------
$RP_PROF exec_stop ""
exit $RP_RET

# ------------------------------------------------------------------------------

