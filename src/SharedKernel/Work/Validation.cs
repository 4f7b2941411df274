using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace BillingMonolith.SharedKernel;

/// <summary>Validates a command before anything is done for it.</summary>
public sealed class ValidationBehaviour<TRequest, TResponse>(IEnumerable<IValidator<TRequest>> validators) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    /// <inheritdoc/>
    public Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var errors = validators.SelectMany(v => v.Validate(request).Errors).ToList();
        return errors.Count == 0 ? next() : throw new ValidationException(errors);
    }
}

/// <summary>The messages of validators, for people.</summary>
public static class Validation
{
    /// <summary>All errors, for people.</summary>
    public static string Reason(IEnumerable<ValidationFailure> errors) => string.Join(' ', errors.Select(e => e.ErrorMessage));
}
