# A private apt: asks Debian for files of any suite through the machine's own Debian mirror and keyring, and
# leaves the machine's apt as it is. Works as any user. Needs common.bash.

# The mirror of the machine's Debian: the first entry for its own suite that has 'main', in either format;
# an entry that names Debian's keyring or ends in /debian is preferred to others with the same suite name.
apt_mirror() {
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    {
        # deb822: one stanza per paragraph
        cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v RS= '
            { uri = ""; suites = ""; components = ""; types = ""; key = ""; n = split($0, lines, "\n")
              for (i = 1; i <= n; i++) {
                  line = lines[i]
                  if (line ~ /^#/) continue
                  value = line; sub(/^[^:]*:[ \t]*/, "", value)
                  field = tolower(line); sub(/:.*/, "", field)
                  if (field == "uris") uri = value
                  else if (field == "suites") suites = value
                  else if (field == "components") components = value
                  else if (field == "enabled" && value == "no") types = "off"
                  else if (field == "signed-by") key = value }
              split(uri, first, " ")
              if (types != "off") print first[1], "\t", suites, "\t", components, "\t", key }'
        # one line per entry
        cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk '
            $1 == "deb" { key = ""
              if (match($0, /\[[^]]*\]/)) { key = substr($0, RSTART, RLENGTH)
                  $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH) }
              rest = ""; for (i = 4; i <= NF; i++) rest = rest " " $i
              print $2, "\t", $3, "\t", rest, "\t", key }'
    } | awk -F'\t' -v codename="$codename" '
        { uri = $1; gsub(/ /, "", uri); suites = " " $2 " "; components = " " $3 " "
          if (index(components, " main ") == 0 || uri == "") next
          if (index(suites, " " codename " ") == 0 && index(suites, " stable ") == 0) next
          if ($4 ~ /debian-archive/ || uri ~ /\/debian\/?$/) { print uri; found = 1; exit }
          if (other == "") other = uri }
        END { if (!found && other != "") print other }'
}

# apt_private SUITE COMMAND ARGS...: runs COMMAND (apt-get, apt-cache) on that suite alone.
apt_private() {
    local folder=$PYBOX_CACHE/apt/$1 command=$2
    shift 2
    "$command" -qq -o Dir::Etc::sourcelist="$folder/suite.list" -o Dir::Etc::sourceparts=- \
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=- \
        -o Dir::State::lists="$folder/lists" -o Dir::State::status=/dev/null \
        -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root -o APT::Architecture=amd64 \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@"
}

# apt_update SUITE: gets the suite's signed index.
apt_update() {
    local folder=$PYBOX_CACHE/apt/$1 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed
    mirror=$(apt_mirror)
    case $mirror in
    mirror+file:*) mirror=$(awk '!/^#/ && NF { print $1; exit }' "${mirror#mirror+file:}") ;;
    esac
    if [ -z "$mirror" ]; then
        say "no entry for Debian's own suite in /etc/apt/sources.list or /etc/apt/sources.list.d"
        return 1
    fi
    signed=$([ -r "$keyring" ] && echo "[signed-by=$keyring]")
    mkdir -p "$folder"/{lists/partial,cache/archives/partial}
    printf '%s\n' "deb $signed $mirror $1 main" "deb-src $signed $mirror $1 main" >"$folder/suite.list"
    apt_private "$1" apt-get update --error-on=any
}

# apt_locate KIND SUITE PACKAGE FILE: prints "URI SHA256" of a source package's file, or of a binary package.
apt_locate() {
    case $1 in
    source) apt_private "$2" apt-get --print-uris --download-only source "$3" ;;
    binary) apt_private "$2" apt-get --print-uris download "$3" ;;
    esac | awk -v file="$4" -v quote="'" '
        substr($1, 1, 1) == quote && (file == "-" || $2 == file) {
            hash = $4; if (sub(/^SHA256:/, "", hash)) print substr($1, 2, length($1) - 2), hash }'
}

# apt_download URI SHA256 TARGET: any address, with apt's own methods and proxies; checks the hash.
apt_download() {
    apt_private any /usr/lib/apt/apt-helper -o Acquire::Retries=2 download-file "$1" "$3" "SHA256:$2"
}
