/** A part of the form: its fields in two columns. */
export function Section({
  title,
  children,
  action,
}: {
  title: string;
  children: React.ReactNode;
  action?: React.ReactNode;
}) {
  return (
    <fieldset className="section">
      <legend className="panel-title">{title}</legend>
      {action && <div className="section-action">{action}</div>}
      <div className="section-fields">{children}</div>
    </fieldset>
  );
}
