# PowerShell completion for ld-flag-import
Register-ArgumentCompleter -Native -CommandName 'ld-flag-import' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $withValue = @({% for name in names_with_value %}'{{ name }}'{{ ", " if not loop.last }}{% endfor %})
    $paths = @({% for path in paths %}'{{ path }}'{{ ", " if not loop.last }}{% endfor %})
    $place = ''
    $value = ''
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        $word = $element.ToString()
        if ($value) { $value = ''; continue }
        if ($withValue -ccontains $word) { $value = $word; continue }
        if ($word.StartsWith('-')) { continue }
        if ($paths -ccontains "$place/$word") { $place = "$place/$word" }
    }
    $choices = [ordered]@{}
    if ($value) {
        switch ($value) {
{% for option in with_value if option.words %}
{% for name in option.names %}
            '{{ name }}' { {% for word in option.words %}$choices['{{ word }}'] = '{{ option.help }}'; {% endfor %}}
{% endfor %}
{% endfor %}
        }
    } else {
        switch ($place) {
{% for place in places %}
            '{{ place.path }}' {
{% for name, summary in place.commands.items() %}
                $choices['{{ name }}'] = '{{ summary }}'
{% endfor %}
{% for word in place.words %}
                $choices['{{ word }}'] = '{{ word }}'
{% endfor %}
{% for option in place.options %}
{% for name in option.names %}
                $choices['{{ name }}'] = '{{ option.help }}'
{% endfor %}
{% endfor %}
            }
{% endfor %}
        }
    }
    foreach ($name in $choices.Keys) {
        if ($name -clike "$wordToComplete*" -and ($wordToComplete -or -not $name.StartsWith('-'))) {
            [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $choices[$name])
        }
    }
}
