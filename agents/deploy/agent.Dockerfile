# An agent's image: clearml-agent with what this project's tasks need installed, so that no task waits for an environment.
#
#     docker build -f agents/deploy/agent.Dockerfile -t soundyard-agent .
#
# With a GPU, the base image needs none of CUDA: torch's own wheels bring it; the machine needs NVIDIA's container toolkit.
FROM python:3.12-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL=1
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git openssh-client \
    && rm -rf /var/lib/apt/lists/* && useradd --create-home --uid 10001 agent
COPY requirements.txt /soundyard/
RUN pip install --no-cache-dir -r /soundyard/requirements.txt
USER 10001
WORKDIR /home/agent
ENTRYPOINT ["clearml-agent"]
CMD ["daemon", "--foreground", "--queue", "audio"]
