/* Brings libfaketime into a process whose allocator reads the clock, as jemalloc does.
 *
 * libfaketime allocates when it sets itself up. Preloaded, it is set up by the allocator's own
 * first reading, and the process waits for itself. So this library is preloaded in its place: it
 * loads libfaketime (named by FAKETIME_LIBRARY) once there is an allocator, and asks it for the
 * wall clock alone. All other clocks are the kernel's. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int reading(clockid_t, struct timespec *);

static reading *fake;

int clock_gettime(clockid_t which, struct timespec *now)
{
    reading *asked = __atomic_load_n(&fake, __ATOMIC_ACQUIRE);

    if (asked != NULL && which == CLOCK_REALTIME)
        return asked(which, now);
    return (int)syscall(SYS_clock_gettime, which, now);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec fine;
    int status = clock_gettime(CLOCK_REALTIME, &fine);

    (void)zone;
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return status;
}

time_t time(time_t *now)
{
    struct timespec fine = {0, 0};

    clock_gettime(CLOCK_REALTIME, &fine);
    if (now != NULL)
        *now = fine.tv_sec;
    return fine.tv_sec;
}

__attribute__((constructor)) static void set_up(void)
{
    struct timespec now;
    const char *name = getenv("FAKETIME_LIBRARY");
    void *library = name == NULL ? NULL : dlopen(name, RTLD_NOW | RTLD_LOCAL);
    reading *found = library == NULL ? NULL : (reading *)dlsym(library, "clock_gettime");

    /* A test that only believes it has another time would pass for nothing. */
    if (found == NULL || found(CLOCK_REALTIME, &now) != 0)
        abort();
    __atomic_store_n(&fake, found, __ATOMIC_RELEASE);
}
