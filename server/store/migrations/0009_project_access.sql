-- Who may read or change a project and what lies below it, where that is less than the role says.
CREATE TABLE project_access (
    project TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
    subject TEXT NOT NULL,               -- a user's id, or * for everybody
    level TEXT NOT NULL CHECK (level IN ('none', 'read', 'write')),
    PRIMARY KEY (project, subject)
) WITHOUT ROWID;
CREATE INDEX project_access_by_subject ON project_access(subject);

CREATE TRIGGER users_gone AFTER DELETE ON users BEGIN
    DELETE FROM project_access WHERE subject = old.id;
END;
