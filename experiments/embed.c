/* experiments/embed.c -- runs while building: writes the presets as a C table.
 *
 *     embed OUTPUT NAME=FILE ... */
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
    FILE *out = argc > 1 ? fopen(argv[1], "wb") : NULL;
    if (!out) {
        perror(argc > 1 ? argv[1] : "embed");
        return 1;
    }
    int ok = 1;
    fputs("#include \"experiments/experiment.h\"\n\nconst struct eg_preset eg_presets[] = {\n",
          out);
    for (int i = 2; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        ok = ok && equals && embed(out, argv[i], (size_t) (equals - argv[i]), equals + 1);
    }
    fputs("    {NULL, NULL},\n};\n", out);
    ok = !ferror(out) && ok;
    return fclose(out) == 0 && ok ? 0 : 1;
}
