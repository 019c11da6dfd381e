# What the scripts in this folder share; to be sourced. Whoever does has set `root` (of the checkout) and `work` (a folder of its own,
# which `leave` removes). Nothing here waits without a bound.

# The server's program: $CLAVIGER, else the newest kind of build.
find_program() {
    local built
    program=${CLAVIGER:-}
    for built in "$root/target/release/claviger" "$root/target/debug/claviger"; do
        [[ -z $program && -x $built ]] && program=$built
    done
    [[ -n $program ]] || { echo "cargo build makes the program first"; return 1; }
    # It is started in other folders.
    program=$(realpath "$program")
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Sets `base` to the first of COUNT ports in a row that nobody listens at: free_ports FROM COUNT.
free_ports() {
    local port
    for base in $(seq "$1" $(($2 + 4)) $(($1 + 1200))); do
        for port in $(seq "$base" $((base + $2 - 1))); do
            is_free "$port" || continue 2
        done
        return 0
    done
    echo "no $2 ports in a row are free from $1 on"
    return 1
}

# in_time SECONDS WHAT COMMAND..: the command's status; one that is not done by then is ended, and named.
in_time() {
    local seconds=$1 what=$2 status=0
    shift 2
    # Beside this shell, which so hears of signals meanwhile.
    timeout --kill-after=10 "$seconds" "$@" </dev/null &
    running=$!
    wait "$running" || status=$?
    running=
    # 137: it did not end when it was told to.
    ((status == 124 || status == 137)) && echo "not ok - $what: not done within $seconds seconds"
    return "$status"
}

# Ends a process that this shell started: end SIGNAL PID. It has five seconds.
end() {
    local signal=$1
    shift
    [[ -n $1 ]] || return 0
    kill "-$signal" "$1" 2>/dev/null
    for _ in $(seq 50); do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$1" 2>/dev/null
    wait "$1" 2>/dev/null
    return 0
}

# Starts a demo of the script's own: start_demo FIRST-PORT [OPTION].. Sets `demo` and `manifest`; $work/demo.log is what it says.
start_demo() {
    local first=$1 base
    shift
    find_program && free_ports "$first" 20 || return 1
    manifest=$work/manifest.json
    (cd "$work" && exec "$program" demo --port-base "$base" --manifest "$manifest" "$@") >"$work/demo.log" 2>&1 </dev/null &
    demo=$!
    for _ in $(seq 600); do
        [[ -s $manifest ]] && return 0
        kill -0 "$demo" 2>/dev/null || break
        sleep 0.1
    done
    echo "the demo did not start within a minute:"
    tail -n 20 "$work/demo.log"
    return 1
}

# Before the script ends, however it does.
leave() {
    end TERM "${running:-}"
    end INT "${demo:-}"
    rm -rf "$work"
}

# The packages that FOLDER's lock file names: node_modules FOLDER.
node_modules() {
    local folder=$1
    cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed" && return 0
    in_time 600 "npm ci in $folder" npm --prefix "$folder" ci --no-audit --no-fund --ignore-scripts >"$work/install.log" 2>&1 ||
        { tail -n 8 "$work/install.log"; return 1; }
    cp "$folder/package-lock.json" "$folder/node_modules/.installed"
}

# An environment with what a file of requirements names: python_venv FOLDER REQUIREMENTS.
python_venv() {
    local folder=$1 want=$2
    cmp -s "$want" "$folder/installed" && return 0
    rm -rf "$folder"
    { in_time 120 "python3 -m venv" python3 -m venv "$folder" &&
        in_time 600 "pip install -r $want" "$folder/bin/pip" install -q -r "$want"; } >"$work/install.log" 2>&1 ||
        { tail -n 8 "$work/install.log"; return 1; }
    cp "$want" "$folder/installed"
}
