/* experiments/embed.c -- runs while building: writes presets as a C table.
 *
 *     embed OUTPUT TABLE NAME=FILE ... */
#include <stdio.h>
#include <string.h>

static int embed(FILE *out, const char *name, size_t n, const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in) {
        perror(path);
        return 0;
    }
    fprintf(out, "    {\"%.*s\",\n     \"", (int) n, name);
    int c;
    while ((c = fgetc(in)) != EOF) {
        if (c == '\n')
            fputs("\\n\"\n     \"", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c >= 32 && c < 127)
            fputc(c, out);
        else
            fprintf(out, "\\%03o", (unsigned) c);
    }
    fputs("\"},\n", out);
    const int ok = !ferror(in);
    fclose(in);
    return ok;
}

int main(int argc, char **argv)
{
    FILE *out = argc > 2 ? fopen(argv[1], "wb") : NULL;
    if (!out) {
        perror(argc > 2 ? argv[1] : "embed");
        return 1;
    }
    int ok = 1;
    fprintf(out, "#include \"experiments/compare.h\"\n\nconst struct eg_preset %s[] = {\n",
            argv[2]);
    for (int i = 3; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        ok = ok && equals && embed(out, argv[i], (size_t) (equals - argv[i]), equals + 1);
    }
    fputs("    {NULL, NULL},\n};\n", out);
    ok = !ferror(out) && ok;
    return fclose(out) == 0 && ok ? 0 : 1;
}
