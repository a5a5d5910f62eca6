# docker build --tag teecam .
# docker run --init --read-only --tmpfs /tmp --cap-drop ALL --publish 8000:8000 \
#   --device /dev/video0 --group-add "$(stat -c %g /dev/video0)" teecam /dev/video0
# It prints the address to open, with a token: inside a container teecam cannot listen on this machine alone.
# --init reaps what cameras' programs leave behind; with --cert the health check has to ask for https.
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/package.json /teecam/
COPY --from=build /build/node_modules /teecam/node_modules
COPY --from=build /build/dist /teecam/dist
USER node
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s CMD ["node", "-e", "fetch('http://127.0.0.1:8000/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/teecam/dist/src/main.js", "--host", "0.0.0.0"]
