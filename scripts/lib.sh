# shellcheck shell=bash
# scripts/lib.sh -- what scripts/demo and scripts/test share: the packages and the build.
#
# A package is what apt calls it and a probe that finds the same thing installed by other
# means, so that a machine with its own meson, or one without apt, is left as it is.

say() {
    printf '==> %s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

compiles() {
    printf '#include <%s>\n' "$1" | "${CC:-cc}" -E -x c - >/dev/null 2>&1
}

library() {
    pkg-config --exists "$1" 2>/dev/null
}

# Is what the package gives there?
present() {
    case $1 in
    gcc) command -v "${CC:-cc}" >/dev/null ;;
    libc6-dev) compiles stdio.h ;;
    meson) command -v meson >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    pkg-config) command -v pkg-config >/dev/null ;;
    libgsl-dev) library gsl ;;
    libhdf5-dev) library hdf5 || library hdf5-serial ;;
    libopenblas-dev) library openblas ;;
    libyaml-dev) library yaml-0.1 ;;
    librandom123-dev) compiles Random123/philox.h ;;
    libcmocka-dev) library cmocka ;;
    gnuplot-nox) command -v gnuplot >/dev/null ;;
    *) die "no probe is known for the package $1" ;;
    esac
}

# apt-get as root, without questions; waits for another apt that is running.
apt() {
    local command=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300
        -o Dpkg::Use-Pty=0 "$@")
    if [ "$(id -u)" -eq 0 ]; then
        "${command[@]}" </dev/null
    elif [ -t 0 ]; then
        sudo "${command[@]}"
    else
        sudo -n "${command[@]}" </dev/null
    fi
}

# Is there a version to install in apt's lists?
apt_knows() {
    local package
    for package in "$@"; do
        [ -n "$(apt-cache madison "$package" 2>/dev/null)" ] || return 1
    done
}

# need PACKAGE...: installs what is missing, and only that.
need() {
    local package missing=() log start=$SECONDS how='as root'
    for package in "$@"; do
        present "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "all packages needed are installed"
        return
    fi
    command -v apt-get >/dev/null ||
        die "this system has no apt-get; please install what these Debian packages hold," \
            "then start again: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "neither root nor sudo; ask an administrator to run, then start again:" \
                "apt-get install ${missing[*]}"
        how='with sudo'
        [ -t 0 ] || sudo -n true 2>/dev/null ||
            die "sudo asks for a password and there is no terminal; first run:" \
                "sudo apt-get install ${missing[*]}"
    fi

    say "installing with apt-get, $how: ${missing[*]}"
    log=$(mktemp)
    if ! { { apt_knows "${missing[@]}" || apt update; } && apt_install "${missing[@]}"; } \
        >"$log" 2>&1; then
        # The lists may be older than the archive: once more with new ones.
        say "that failed; reading the package lists again"
        if ! { apt update && apt_install "${missing[@]}"; } >"$log" 2>&1; then
            cat "$log" >&2
            rm -f "$log"
            die "apt-get could not install: ${missing[*]}"
        fi
    fi
    rm -f "$log"
    for package in "${missing[@]}"; do
        present "$package" || die "$package is installed, but what it should give is not found"
    done
    say "packages installed in $((SECONDS - start)) s"
}

apt_install() {
    apt install -y --no-install-recommends "$@"
}

# configure DIRECTORY OPTION...: sets a build directory up, or brings it up to date.
configure() {
    local directory=$1
    shift
    if [ ! -f "$directory/build.ninja" ]; then
        meson setup "$directory" "$@"
    elif ! meson setup --reconfigure "$directory" "$@"; then
        say "$directory does not fit this machine any more; setting it up afresh"
        meson setup --wipe "$directory" "$@"
    fi
}
