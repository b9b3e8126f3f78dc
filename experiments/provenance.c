/* experiments/provenance.c -- what made this file. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cblas.h>
#include <gsl/gsl_version.h>
#include <hdf5.h>
#include <yaml.h>

#include "experiments/build.h"
#include "experiments/recorder.h"

void eg_recorder_now(char *buffer, size_t size)
{
    const time_t now = time(NULL);
    struct tm local;
    char zone[8] = "+0000";
    if (!localtime_r(&now, &local) || !strftime(buffer, size, "%Y-%m-%dT%H:%M:%S", &local)) {
        snprintf(buffer, size, "unknown");
        return;
    }
    strftime(zone, sizeof zone, "%z", &local);
    const size_t used = strlen(buffer);
    snprintf(buffer + used, size - used, "%.3s:%.2s", zone, zone + 3);
}

/* From the first line of /proc/cpuinfo that names it. */
void eg_recorder_cpu(char *buffer, size_t size)
{
    char line[512];
    snprintf(buffer, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
            const char *value = strchr(line, ':') + 2;
            snprintf(buffer, size, "%.*s", (int) strcspn(value, "\n"), value);
            break;
        }
    fclose(file);
}

static void command_line(const struct eg_command *command, char *buffer, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < command->argc && used + 1 < size; i++) {
        const int n = snprintf(buffer + used, size - used, "%s%s", i ? " " : "", command->argv[i]);
        if (n < 0)
            break;
        used += (size_t) n;
    }
}

int eg_recorder_provenance(struct eg_run *run, const struct eg_kernels *kernels, int threads,
                           const struct eg_command *command, struct eg_message *message)
{
    char libraries[512], cpu[256], line[4096] = "", now[64], host[512] = "unknown";
    unsigned major, minor, patch;
    int y_major, y_minor, y_patch;
    struct utsname system;
    H5get_libversion(&major, &minor, &patch);
    yaml_get_version(&y_major, &y_minor, &y_patch);
    snprintf(libraries, sizeof libraries, "HDF5 %u.%u.%u; GSL %s; libyaml %d.%d.%d; %s (%s)", major,
             minor, patch, gsl_version, y_major, y_minor, y_patch, openblas_get_config(),
             openblas_get_corename());
    eg_recorder_cpu(cpu, sizeof cpu);
    command_line(command, line, sizeof line);
    eg_recorder_now(now, sizeof now);
    if (uname(&system) == 0)
        snprintf(host, sizeof host, "%s, %s %s %s", system.nodename, system.sysname, system.release,
                 system.machine);
    const struct {
        const char *name, *long_name, *text;
    } texts[] = {
        {"version", "version of engram", EG_VERSION},
        {"git_revision", "revision of the source", EG_GIT_REVISION},
        {"compiler", "compiler", EG_COMPILER},
        {"build_options", "how it was built", EG_BUILD_OPTIONS},
        {"precision", "type of numbers", EG_REAL_NAME},
        {"libraries", "libraries and their versions", libraries},
        {"cpu", "processor", cpu},
        {"kernels", "table of inner loops in use", kernels->name},
        {"host", "machine and system", host},
        {"command_line", "command line", line},
        {"started", "when the run was started", now},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "/provenance/%s", texts[i].name);
        const int ret = eg_run_put_text(run, path, texts[i].long_name, texts[i].text, message);
        if (ret)
            return ret;
    }
    int ret = eg_run_put_int(run, "/provenance/threads", "1", "threads", threads, message);
    if (!ret)
        ret = eg_run_put_int(run, "/provenance/ranks", "1", "MPI ranks", 1, message);
    return ret;
}
