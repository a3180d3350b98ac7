# SPDX-License-Identifier: BSD-2-Clause
# bash completion for apppass.  What can come next is decided by "apppass complete".
# shellcheck shell=bash

# What was typed, as the program would get it.
_apppass_plain() {
    case $1 in
    \"* | \'*) plain=${1:1} plain=${plain%"${1:0:1}"} ;;
    *) plain=${1//\\/} ;;
    esac
}

_apppass() {
    local rest=$COMP_LINE words=() typed=() found=()
    local before cut i over plain program raw special word

    # bash splits at @, = and : too: join what no blank separates.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $word ]]; then
            before=${rest%%"$word"*}
        else
            before=${COMP_LINE:0:COMP_POINT}
            before=${before##*[![:blank:]]}
        fi
        if ((i == 0)) || [[ -n $before ]]; then words+=("$word"); else words[-1]+=$word; fi
        [[ -n $word ]] && rest=${rest#"$before$word"}
    done
    over=$((${#COMP_LINE} - ${#rest} - COMP_POINT))
    raw=${words[-1]}
    ((over > 0 && over <= ${#raw})) && raw=${raw:0:${#raw}-over}
    words[-1]=$raw
    for word in "${words[@]}"; do
        _apppass_plain "$word"
        typed+=("$plain")
    done

    program=$(type -P -- "${typed[0]/#\~/$HOME}") || program=apppass
    mapfile -t found < <("$program" complete -- "${typed[@]:1}" 2>/dev/null)
    COMPREPLY=()
    case ${found[0]-} in
    :files) compopt -o default; return ;;
    :directories) compopt -o dirnames; return ;;
    esac
    # Only what follows the last of those characters is replaced; @ itself is, too.
    cut=
    [[ $raw != [\"\']* ]] && cut=${raw%"${raw##*[@=:]}"}
    cut=${cut%@}
    for word in "${found[@]}"; do
        word=${word%%$'\t'*}
        case $raw in
        \'*) word=${word//\'/\'\\\'\'} ;;
        # ! stays: in here a backslash before it would stay, too.
        \"*) for special in \\ \" \$ \`; do word=${word//"$special"/"\\$special"}; done ;;
        *) printf -v word %q "$word" ;;
        esac
        COMPREPLY+=("${word:${#cut}}")
    done
    [[ ${#COMPREPLY[@]} = 1 && ${COMPREPLY[0]} = *= ]] && compopt -o nospace
}

complete -o nosort -F _apppass apppass
