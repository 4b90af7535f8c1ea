# Two images from one file:
#   docker build -t payment-processor:latest .
#   docker build -t payment-simulator:latest --target simulator .
# The program runs from source (Node strips the types): no build step, and no development dependency in the image.
# Pin the base by digest where that is policy: --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:...
ARG NODE_IMAGE=node:24.21.0-bookworm-slim
# Any image with `node` on its PATH and the C library of NODE_IMAGE; it needs no shell.
ARG RUNTIME_IMAGE=${NODE_IMAGE}

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script runs: nothing here needs one. Source maps and declarations are for developers.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
  && npm cache clean --force \
  && mkdir /compiled && mkdir -m 700 /checkpoint

FROM ${RUNTIME_IMAGE} AS base
# On the loopback address of a container nobody could scrape it.
ENV NODE_ENV=production LOG_FORMAT=json METRICS_HOST=0.0.0.0 METRICS_PORT=9464 CHECKPOINT_LOCATION=/checkpoint
# As the flags below: what a processor's memory wants (src/base/launch.ts).
ENV MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY deploy/image ./deploy/image
COPY sql ./sql
COPY src ./src
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=8", "--heap-growing-percent=50", "/app/src/cli/provenonce.mjs"]

# The code that a start would compile, compiled once: nothing can be kept on a read-only root. Only the same Node, flags and user
# use it; what the images hold of it belongs to root, as the code does.
FROM base AS compiled
COPY --from=dependencies --chown=10001:10001 /compiled ./node_modules/.cache/provenonce/compiled
RUN ["node", "--max-semi-space-size=8", "--heap-growing-percent=50", "/app/deploy/image/compile.ts"]

# Payments as if from live producers, until it is stopped. It answers no requests, so it has no health check.
FROM base AS simulator
COPY --from=compiled --chown=0:0 /app/node_modules/.cache ./node_modules/.cache
CMD ["simulate", "--live", "--rate", "200", "--count", "100000000"]

FROM base AS processor
COPY --from=compiled --chown=0:0 /app/node_modules/.cache ./node_modules/.cache
# A new volume takes its owner from here.
COPY --from=dependencies --chown=10001:10001 /checkpoint /checkpoint
VOLUME ["/checkpoint"]
EXPOSE 9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/app/deploy/image/healthcheck.ts"]
CMD ["process"]
