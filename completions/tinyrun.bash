# Completion of tinyrun for bash 4.4 and later. `tinyrun completions bash` prints this file.

_tinyrun() {
    # bash also splits words at = and :, so they are joined again. The last one ends at the cursor.
    local line=${COMP_LINE:0:COMP_POINT} words=() i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        local part=${COMP_WORDS[i]} unspaced=${line#"${line%%[![:space:]]*}"}
        ((i == COMP_CWORD)) && part=$unspaced
        if ((i > 0)) && [[ $line == "$unspaced" && $line ]]; then
            words[${#words[@]} - 1]+=$part
        else
            words+=("$part")
        fi
        line=${unspaced#"$part"}
    done
    local index=$((${#words[@]} - 1)) typed=${words[-1]}

    # Only what is after the last = or : is replaced.
    mapfile -t COMPREPLY < <(
        TINYRUN_COMPLETE=bash _CLAP_COMPLETE_INDEX=$index _TINYRUN_KEPT=${typed%"$2"} \
            tinyrun -- "${words[@]}" "${COMP_WORDS[@]:COMP_CWORD+1}" 2>/dev/null
    )
    if [[ ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    else
        # For file names, bash inserts quotes where they are needed, and / after a directory.
        compopt -o filenames
    fi
}

complete -o nosort -F _tinyrun tinyrun
