# bash completion for ld-flag-import
_ld_flag_import_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$1"))
}

_ld_flag_import() {
    local current="${COMP_WORDS[COMP_CWORD]}" place="" value="" word options="" words="" files="" i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        if [[ -n $value ]]; then
            [[ $word == "=" ]] || value=""
            continue
        fi
        case "$word" in
            {{ names_with_value | join("|") }}) value="$word" ;;
            -*) ;;
            *) case "$place/$word" in {{ paths | join("|") }}) place="$place/$word" ;; esac ;;
        esac
    done
    [[ $current == "=" ]] && current=""
    case "$value" in
        "") ;;
{% for option in with_value if option.takes_file %}
        {{ option.names | join("|") }}) _ld_flag_import_files "$current"; return ;;
{% endfor %}
{% for option in with_value if option.words %}
        {{ option.names | join("|") }}) COMPREPLY=($(compgen -W "{{ option.words | join(" ") }}" -- "$current")); return ;;
{% endfor %}
        *) return ;;
    esac
    case "$place" in
{% for place in places %}
        "{{ place.path }}")
            words="{{ (place.commands | list + place.words | list) | join(" ") }}"
            options="{% for option in place.options %}{{ option.names | join(" ") }}{{ " " if not loop.last }}{% endfor %}"
            files="{{ "yes" if place.takes_file }}" ;;
{% endfor %}
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    elif [[ -n $files ]]; then
        _ld_flag_import_files "$current"
    fi
}

complete -F _ld_flag_import ld-flag-import
